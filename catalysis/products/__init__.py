"""Random products of finitely many rational matrices: vector data, kernels, momentum (docs/products.md)."""
