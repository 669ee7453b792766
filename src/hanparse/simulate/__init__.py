"""Simulates meters. `simulate` yields the bytes of pushes for tests, integrations, and users without a meter."""

from hanparse.simulate.meters import METERS, NO_FAULTS, Faults, Push, simulate

__all__ = ["METERS", "NO_FAULTS", "Faults", "Push", "simulate"]
