// Browsers need many resources, so these tests run one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
