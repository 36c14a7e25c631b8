/// A scripted provider.
