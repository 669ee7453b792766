"""Simulates meters for tests, for integrations, and for people without a meter: the bytes that a meter sends."""

from hanparse.simulate.meters import METERS, NO_FAULTS, Faults, Push, simulate

__all__ = ["METERS", "NO_FAULTS", "Faults", "Push", "simulate"]
