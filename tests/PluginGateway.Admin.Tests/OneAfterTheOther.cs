// Browsers are heavy: one at a time leaves the machine to the tests beside it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
