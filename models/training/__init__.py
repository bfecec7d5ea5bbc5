"""How the shipped models are made: python -m training {activity|fill} --data DIR."""
