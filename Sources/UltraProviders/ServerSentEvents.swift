/// Splits a text/event-stream.
