"""What a person can set: read from files, merged, filled, checked, and told in one go when it is wrong.

files -> read -> merge -> environment -> bind -> checks -> Settings
"""
