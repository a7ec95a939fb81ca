"""The rules of the map at finite width: N and W."""
