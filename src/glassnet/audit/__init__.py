"""What pictures and labels are worth before a training: counts, copies, blank pictures, doubtful labels."""
