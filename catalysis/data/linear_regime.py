"""What every answer for the linear regime rests on, in one sentence."""

RESTS_ON = (
    "Rests on: squared loss near interpolation (residuals small), the kernel frozen, plain SGD or heavy-ball momentum "
    "with independent draws. Not covered: Adam and other adaptive steps, cross-entropy, learning-rate schedules, batch "
    "norm, dropout."
)
