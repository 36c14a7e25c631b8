print("ultrad")
