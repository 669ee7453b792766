"""`python -m hanparse` is the command `hanparse`."""

import sys

from hanparse.cli.main import main

sys.exit(main())
