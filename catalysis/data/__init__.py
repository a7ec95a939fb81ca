"""What is given: samples, how one step draws them, and the walk that follows from both."""
