using System.Reflection;
using System.Runtime.CompilerServices;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// Compiles a plug-in's methods before its first call. A collectible context supports neither precompiled nor tiered code, so the first
/// deliveries after a swap would otherwise wait for the compiler.
/// </summary>
internal static class WarmUp
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static void Run(Assembly assembly)
    {
        foreach (var type in assembly.GetTypes().Where(t => !t.ContainsGenericParameters))
        {
            foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
            {
                if (!method.IsAbstract && !method.ContainsGenericParameters)
                    RuntimeHelpers.PrepareMethod(method.MethodHandle);
            }
        }
    }
}
