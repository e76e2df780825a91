"""`python -m metacot.cli` is `metacot`."""

from .command import main

raise SystemExit(main())
