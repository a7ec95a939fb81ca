"""The nonlinear map at finite width: certified phases, landing zones, spike bounds.

docs/phases.md and docs/width.md hold the lemmas. Nothing is imported here, so that a command loads only
what it needs.
"""
