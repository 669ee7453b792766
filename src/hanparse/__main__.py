"""`python -m hanparse` is the command `hanparse`."""

import sys

from hanparse.cli import main

sys.exit(main())
