"""``python -m pinshop`` is the command `pinshop`."""

from pinshop.cli import main

main()
