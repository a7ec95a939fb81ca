"""A logged loss curve, looked at: spikes, their heights and tail, and what they resemble. All measured, nothing proved."""
