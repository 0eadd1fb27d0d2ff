"""Scales ENT workloads before the users come."""

__version__ = "0.1.0"
