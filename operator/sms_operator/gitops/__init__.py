"""What a pull request needs: reading manifests, validating them, and saying what a merge would do."""
