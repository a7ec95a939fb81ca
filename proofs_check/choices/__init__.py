"""The rules of learning rates, batch sizes and orders: A, B and O."""
