// What kernels.cu asks of CUDA, in C++: one thread after another. Included before the kernels.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <typeinfo>
#include <utility>

using std::frexp;
using std::ldexp;

#define __global__
#define __device__
#define __noinline__

struct Place {
    unsigned x;
};
static Place blockIdx, blockDim, threadIdx;

inline int __double2hiint(double value)
{
    std::int64_t bits;
    std::memcpy(&bits, &value, 8);
    return (int)(bits >> 32);
}

inline double __hiloint2double(int high, int low)
{
    std::uint64_t bits = (std::uint64_t)(unsigned)high << 32 | (unsigned)low;
    double value;
    std::memcpy(&value, &bits, 8);
    return value;
}

// As cudaLaunchKernel: `arguments` points to one address for each argument.
template <class... A, std::size_t... I>
void call(void (*kernel)(A...), void **arguments, std::index_sequence<I...>)
{
    kernel(*static_cast<A *>(arguments[I])...);
}

template <class... A> void launch(void (*kernel)(A...), unsigned grid, unsigned block, void **arguments)
{
    blockDim.x = block;
    for (blockIdx.x = 0; blockIdx.x < grid; ++blockIdx.x)
        for (threadIdx.x = 0; threadIdx.x < block; ++threadIdx.x)
            call(kernel, arguments, std::index_sequence_for<A...>());
}

template <class... A> std::string types(void (*)(A...))
{
    return ((std::string(typeid(A).name()) + " ") + ...);
}

#define EXPOSE(NAME, KERNEL)                                                                                 \
    extern "C" void launch_##NAME(unsigned grid, unsigned block, void **arguments)                           \
    {                                                                                                        \
        launch(KERNEL, grid, block, arguments);                                                              \
    }                                                                                                        \
    extern "C" const char *types_##NAME()                                                                    \
    {                                                                                                        \
        static const std::string text = types(KERNEL);                                                       \
        return text.c_str();                                                                                 \
    }
