"""Results as claims, claims as a certificate; docs/certificate.md describes the format."""
