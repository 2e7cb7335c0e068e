using PluginGateway.Adapters.Toolkit.Grid;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class NationalGridTests
{
    private readonly NationalGrid _grid = new();

    // Points whose positions are published in both systems: the water tower at Caister and Ordnance Survey's test points.
    [Theory]
    [InlineData(52.657977, 1.716052, 651409.903, 313177.270)]
    [InlineData(49.92226394, -6.29977752, 91492.146, 11318.804)]
    [InlineData(53.77911026, -3.04045490, 331534.564, 431920.794)]
    [InlineData(58.58120462, -3.72631022, 299721.891, 967202.992)]
    public void Points_match_published_positions_within_six_metres(double latitude, double longitude, double easting, double northing)
    {
        var grid = _grid.ToGrid(latitude, longitude);
        var back = _grid.ToWgs84(easting, northing);

        Assert.InRange(Math.Sqrt(Math.Pow(grid.Easting - easting, 2) + Math.Pow(grid.Northing - northing, 2)), 0, 6);
        Assert.Equal(latitude, back.Latitude, 0.00006);
        Assert.Equal(longitude, back.Longitude, 0.0001);
    }
}
