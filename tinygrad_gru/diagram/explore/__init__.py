"""The page of a graph: its scopes open and close, everything can be found and asked, and it plays forward and back."""
