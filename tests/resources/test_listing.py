"""Lists: walked more than once, asked whether they hold anything, and ended where a server does not end them."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from mock_transport import TOKEN
from pinshop import AsyncClient, Client
from pinshop.errors import BadReply
from pinshop.transports.mock import AsyncMockTransport, MockTransport

ACCOUNT = "549755885175"
BASE_URL = "http://127.0.0.1:9/v5"
PAGES = {None: (["1", "2"], "b1"), "b1": (["3"], None)}


def page(ids, bookmark):
    return {"items": [{"id": one} for one in ids], "bookmark": bookmark}


def two_pages(request):
    _, found, bookmark = request.target.partition("bookmark=")
    return page(*PAGES[bookmark if found else None])


def client(handler):
    transport = MockTransport(handler)
    return Client(TOKEN, base_url=BASE_URL, transport=transport), transport


def async_client(handler):
    transport = AsyncMockTransport(handler)
    return AsyncClient(TOKEN, base_url=BASE_URL, transport=transport), transport


def ids(entries):
    return [entry.id for entry in entries]


def test_a_list_is_walked_again_by_fetching_again():
    pinterest, transport = client(two_pages)
    there = pinterest.campaigns.list(ACCOUNT)
    assert transport.requests == []
    assert len(list(there)) == 3
    assert ids(there) == ["1", "2", "3"]
    assert len(transport.requests) == 4
    assert ids(there.all()) == ["1", "2", "3"]
    assert [len(one.items) for one in there.pages()] == [2, 1]


def test_two_walks_at_once_do_not_disturb_each_other():
    pinterest, _ = client(two_pages)
    there = pinterest.campaigns.list(ACCOUNT)
    assert [(one.id, other.id) for one, other in zip(there, there, strict=True)] == [("1", "1"), ("2", "2"), ("3", "3")]


def test_a_condition_reads_one_page_which_the_next_walk_begins_with():
    pinterest, transport = client(two_pages)
    there = pinterest.campaigns.list(ACCOUNT)
    assert there
    assert there
    assert len(transport.requests) == 1
    assert ids(there) == ["1", "2", "3"]
    assert len(transport.requests) == 2
    assert there.first().id == "1"
    assert ids(there) == ["1", "2", "3"]
    assert len(transport.requests) == 4


def test_an_empty_list_is_false_and_has_no_first_entry():
    pinterest, _ = client(lambda _: page([], None))
    there = pinterest.campaigns.list(ACCOUNT)
    assert not there
    assert there.first() is None
    assert there.all() == []


def test_the_first_entry_may_stand_behind_empty_pages():
    answers = {None: page([], "b1"), "b1": page(["7"], None)}
    pinterest, _ = client(lambda request: answers["b1" if "bookmark=" in request.target else None])
    there = pinterest.campaigns.list(ACCOUNT)
    assert there.first().id == "7"
    assert there
    assert ids(there) == ["7"]


def test_a_list_says_what_it_is():
    pinterest, _ = client(two_pages)
    shown = repr(pinterest.campaigns.list(ACCOUNT, page_size=25))
    assert shown == (
        "<Listing of campaigns/list: GET /ad_accounts/549755885175/campaigns?page_size=25; fetched page by page when walked>"
    )


def test_the_asynchronous_list_does_the_same():
    async def main():
        pinterest, transport = async_client(two_pages)
        there = pinterest.campaigns.list(ACCOUNT)
        assert ids([one async for one in there]) == ids(await there.all()) == ["1", "2", "3"]
        assert len(transport.requests) == 4
        assert (await there.first()).id == "1"
        assert [len(one.items) async for one in there.pages()] == [2, 1]
        assert len(transport.requests) == 6
        with pytest.raises(TypeError, match=r"await listing\.first\(\)"):
            assert there
        assert repr(there).startswith("<AsyncListing of campaigns/list")

    asyncio.run(main())


@pytest.mark.parametrize("bookmark", [17, 0, 9007199254740993])
def test_a_bookmark_that_is_a_number_is_followed_as_it_is_written(bookmark):
    answers = {False: page(["1"], bookmark), True: page(["2"], None)}
    pinterest, transport = client(lambda request: answers["bookmark=" in request.target])
    assert ids(pinterest.campaigns.list(ACCOUNT)) == ["1", "2"]
    assert transport.requests[1].target.endswith(f"bookmark={bookmark}")


@pytest.mark.parametrize("bookmark", [True, ["x"], {"next": "x"}])
def test_a_bookmark_of_another_kind_does_not_end_the_list_in_silence(bookmark):
    pinterest, _ = client(lambda _: page(["1"], bookmark))
    with pytest.raises(BadReply, match="bookmark"):
        pinterest.campaigns.list(ACCOUNT).all()


def test_empty_pages_without_end_are_an_error_in_both_clients():
    for asynchronous in (False, True):
        numbers = itertools.count()

        def handler(_, numbers=numbers):
            return page([], f"b{next(numbers)}")

        pinterest, transport = (async_client if asynchronous else client)(handler)
        there = pinterest.campaigns.list(ACCOUNT)
        with pytest.raises(BadReply, match=r"101 empty pages in a row.*does not end"):
            asyncio.run(there.all()) if asynchronous else there.all()
        assert len(transport.requests) == 101


@pytest.mark.parametrize("cycle", [1, 2, 7])
def test_pages_that_come_again_without_end_are_an_error_in_both_clients(cycle):
    for asynchronous in (False, True):
        numbers = itertools.count()

        def handler(_, numbers=numbers):
            number = next(numbers)
            return page([str(number % cycle), "7"], f"b{number}")

        pinterest, transport = (async_client if asynchronous else client)(handler)
        there = pinterest.campaigns.list(ACCOUNT)
        with pytest.raises(BadReply, match=r"101 empty pages in a row, or repeated ones.*does not end"):
            asyncio.run(there.all()) if asynchronous else there.all()
        assert len(transport.requests) == 101 + cycle


def test_empty_pages_between_full_ones_are_no_error():
    pages = [page([], f"b{n}") if n % 50 else page([str(n)], f"b{n}") for n in range(400)]
    pages[-1] = page(["399"], None)
    pinterest, _ = client(pages)
    assert len(pinterest.campaigns.list(ACCOUNT).all()) == 9
