using ProjNet.CoordinateSystems;
using ProjNet.CoordinateSystems.Transformations;

namespace PluginGateway.Adapters.Toolkit.Grid;

/// <summary>
/// Converts between WGS 84 and the British National Grid (OSGB 36, EPSG:27700) with Ordnance Survey's seven-parameter transformation. It is
/// accurate to about 5 metres everywhere in Great Britain, which is sufficient for a pin on a map.
/// </summary>
public sealed class NationalGrid
{
    private const string Osgb36 = """
        PROJCS["OSGB 1936 / British National Grid",GEOGCS["OSGB 1936",DATUM["OSGB_1936",SPHEROID["Airy 1830",6377563.396,299.3249646],
        TOWGS84[446.448,-125.157,542.06,0.15,0.247,0.842,-20.489]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],
        PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",49],PARAMETER["central_meridian",-2],PARAMETER["scale_factor",0.9996012717],
        PARAMETER["false_easting",400000],PARAMETER["false_northing",-100000],UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]
        """;

    private readonly MathTransform _toGrid;
    private readonly MathTransform _toWgs84;

    /// <summary>Creates both transformations. Creating them is expensive, so reuse the instance.</summary>
    public NationalGrid()
    {
        var transformations = new CoordinateTransformationFactory();
        var grid = new CoordinateSystemFactory().CreateFromWkt(Osgb36);
        _toGrid = transformations.CreateFromCoordinateSystems(GeographicCoordinateSystem.WGS84, grid).MathTransform;
        _toWgs84 = transformations.CreateFromCoordinateSystems(grid, GeographicCoordinateSystem.WGS84).MathTransform;
    }

    /// <summary>Converts a position to the grid.</summary>
    /// <param name="latitude">Degrees north, WGS 84.</param>
    /// <param name="longitude">Degrees east, WGS 84.</param>
    /// <returns>Metres east and north of the grid's origin.</returns>
    public (double Easting, double Northing) ToGrid(double latitude, double longitude)
    {
        var (easting, northing) = _toGrid.Transform(longitude, latitude);
        return (easting, northing);
    }

    /// <summary>Converts a point of the grid to a position.</summary>
    /// <param name="easting">Metres east of the grid's origin.</param>
    /// <param name="northing">Metres north of the grid's origin.</param>
    /// <returns>Degrees north and east, WGS 84.</returns>
    public (double Latitude, double Longitude) ToWgs84(double easting, double northing)
    {
        var (longitude, latitude) = _toWgs84.Transform(easting, northing);
        return (latitude, longitude);
    }
}
