"""Re-prove the claims of a catalysis certificate with the standard library alone."""
