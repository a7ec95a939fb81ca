"""The rule of the reduced map: R."""
