"""A logged loss curve: spikes, their heights and tail, and what they resemble. All measured, nothing proved."""
