print("ultractl")
