"""What goes on while nobody looks: old numbers go, the file is tidied up, a backup is made."""
