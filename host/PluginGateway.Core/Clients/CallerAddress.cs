using System.Buffers.Binary;
using System.Net;

namespace PluginGateway.Core.Clients;

/// <summary>Identifies the network address of a caller for limits.</summary>
internal static class CallerAddress
{
    /// <summary>Returns an IPv4 address, or the first 64 bits of an IPv6 address: a single customer usually has all addresses that start with them.</summary>
    public static UInt128 Of(HttpContext http) => Of(http.Connection.RemoteIpAddress);

    public static UInt128 Of(IPAddress? address)
    {
        if (address is null)
            return 0;

        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (!address.IsIPv4MappedToIPv6 && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
            bytes[8..].Clear();
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
