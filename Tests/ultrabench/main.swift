print("ultrabench")
