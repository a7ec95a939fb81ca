"""The rules of products of random matrices: V."""
