"""The ground: exact intervals, strict reading, the law of a step, the budget, the words."""
