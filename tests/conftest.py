"""What holds for every test: a slow machine is no failure, and the commands that tests start can be interrupted."""

import signal

from hypothesis import settings

settings.register_profile("hanparse", deadline=None)
settings.register_profile("few", deadline=None, max_examples=20)
settings.load_profile("hanparse")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts a background job like this, and the commands that tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
