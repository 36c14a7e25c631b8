internal import UltraSystem
