"""Effective access from recorded evidence alone: pure functions, three-valued where evidence does not decide.

Source: AWS IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements reference".
"""
