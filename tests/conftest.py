"""What holds for every test: a slow machine is no failure."""

from hypothesis import settings

settings.register_profile("hanparse", deadline=None)
settings.register_profile("few", deadline=None, max_examples=20)
settings.load_profile("hanparse")
