using System.Reflection;
using System.Runtime.CompilerServices;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// Compiles a plug-in's methods before its first call. In a collectible context there is neither precompiled nor tiered code, so that
/// otherwise the first reports after a swap would wait for the compiler.
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
