"""What holds for every test: a slow machine is no failure."""

from hypothesis import settings

settings.register_profile("hanparse", deadline=None)
settings.load_profile("hanparse")
