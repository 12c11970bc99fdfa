"""What is said when old code asks for more of the old client than pinshop holds, or when its files were mixed up.

The old releases 0.1.2 to 0.1.4 own files of the same names. So whoever has both installed may meet modules of the one under
the package of the other; each way ends in one sentence that says what to do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_HERE = "pinterest.generated.client"
_MIXED = (
    "pinterest.generated.client is not pinshop's any more: pinterest-generated-client was installed over it, or uninstalled "
    "after it; run: pip uninstall -y pinterest-generated-client; pip install --force-reinstall --no-deps pinshop"
)


def not_shipped(name: str) -> ModuleNotFoundError:
    """The error for a name of the old client that pinshop does not have."""
    return ModuleNotFoundError(
        f"{name} is not part of pinshop, whose {_HERE} holds product group promotions only; use pinshop.Client for the rest "
        f"of shopping ads, or install pinterest-generated-client in an environment of its own",
        name=name,
    )


def check_that_all_is_ours() -> None:
    """Refuse to run among files of the old client.

    Raises:
        ImportError: says how to repair the installation.
    """
    root = sys.modules.get(_HERE)
    if not str(getattr(root, "__version__", "")).endswith("+pinshop"):
        raise ImportError(_MIXED, name=_HERE)


class _Finder(MetaPathFinder):
    """Asked last: whatever comes here under the old names exists nowhere."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname.startswith((f"{_HERE}.api.", f"{_HERE}.model.")):
            raise not_shipped(fullname)
        return None


def explain_missing_modules() -> None:
    """Let an import of an API or model that pinshop does not have say so in a sentence."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def missing_attribute(module: str, name: str) -> Any:
    """For a module's ``__getattr__``: names of the old client end in the sentence, all others as usual."""
    if name.startswith("__"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    raise not_shipped(f"{module}.{name}")
