"""``python -m study.cli`` is ``basin``."""

from study.cli import main

main()
