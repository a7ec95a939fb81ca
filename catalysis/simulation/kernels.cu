// The walk and the reduced map, one replica a thread. CuPy compiles this text for a device; the tests compile the same
// text as C++ and hold it against numpy, bit for bit: so no operation may be fused (--fmad=false, -ffp-contract=off).

typedef unsigned int u32;
typedef unsigned long long u64;

struct Words { u32 at[4]; };

// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011).
__device__ inline Words philox(u32 a, u32 b, u32 c, u32 d, u32 key0, u32 key1)
{
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        u64 p = (u64)0xD2511F53u * a, q = (u64)0xCD9E8D57u * c;
        a = (u32)(q >> 32) ^ b ^ key0;
        b = (u32)q;
        c = (u32)(p >> 32) ^ d ^ key1;
        d = (u32)p;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return {{a, b, c, d}};
}

// The draws of one replica: 128 bits for each number of a block; `which` > 0 are further bits of its draws.
struct Stream {
    u32 key0, key1, group, replica;

    __device__ inline Words block(u64 number, u32 which) const
    {
        return philox((u32)number, (u32)(number >> 32) | which << 24, replica, group, key0, key1);
    }
};

// A guide table: `first` is the outcome of a slot, or the complement of the first one where a border lies inside.
struct Law {
    const int *__restrict__ first;
    const double *__restrict__ cumulative;
};

// The outcome of the 53-bit number that begins with the bits of this slot.
template <int BITS>
__device__ __noinline__ int between(Law law, Stream stream, u64 number, int place, u32 slot, int first)
{
    Words more = stream.block(number, place + 1);
    u64 rest = ((u64)more.at[0] << 32 | more.at[1]) >> (11 + BITS);
    double at = (double)((u64)slot << (53 - BITS) | rest) * (1.0 / 9007199254740992.0);
    while (at >= law.cumulative[first])
        ++first;
    return first;
}

// The first `count` draws of a block.
template <int BITS, class Step>
__device__ inline void draw_block(const Law &law, const Stream &stream, u64 number, int count, Step step)
{
    Words words = stream.block(number, 0);
#pragma unroll
    for (int place = 0; place < 128 / BITS; ++place) {
        if (place >= count)
            break;
        u32 slot = words.at[place * BITS / 32] >> place * BITS % 32 & ((1u << BITS) - 1);
        int outcome = law.first[slot];
        if (outcome < 0)
            outcome = between<BITS>(law, stream, number, place, slot, ~outcome);
        step(outcome);
    }
}

template <int BITS, class Step>
__device__ inline void draw(const Law &law, const Stream &stream, u64 number, u64 count, Step step)
{
    const int full = 128 / BITS;
    for (; count >= full; count -= full)
        draw_block<BITS>(law, stream, number++, full, step);
    if (count)
        draw_block<BITS>(law, stream, number, (int)count, step);
}

struct alignas(16) Word { double total, peak; };  // what a draw adds in all, and up to its peak; one load

// log|mu/mu_0| and its maximum; the table holds a Word for each outcome.
template <int BITS>
__global__ void walk(double *now, double *top, u32 replicas, u32 key0, u32 key1, u32 group, u64 number,
                     u64 count, const int *first, const double *cumulative, const double *table)
{
    u32 replica = blockIdx.x * blockDim.x + threadIdx.x;
    if (replica >= replicas)
        return;
    double sum = now[replica], best = top[replica];
    draw<BITS>({first, cumulative}, {key0, key1, group, replica}, number, count, [&](int outcome) {
        Word word = ((const Word *)table)[outcome];
        double peak = sum + word.peak;
        best = peak > best ? peak : best;
        sum = sum + word.total;
    });
    now[replica] = sum;
    top[replica] = best;
}

struct Kappa {
    double value;  // the true one is value * 2^-offset
    int offset;
};

// High words of doubles: of 2^-400; and how many of them are in the range where a kappa stays as it is, which ends at
// 2^-200 where there is an offset.
const u32 LOWEST = (1023u - 400u) << 20;
__device__ inline u32 range(int offset) { return (offset > 0 ? (1023u - 200u) << 20 : 1u << 31) - LOWEST; }

// Brings a kappa that left this range near 2^-300, or to offset 0; 0 stays 0.
__device__ __noinline__ Kappa shifted(Kappa kappa)
{
    int exponent;
    if (kappa.value == 0.0)
        return kappa;
    frexp(kappa.value, &exponent);
    int shift = -300 - exponent > -kappa.offset ? -300 - exponent : -kappa.offset;
    return {ldexp(kappa.value, shift), kappa.offset + shift};
}

// The reduced map in the operations and the order of `reduced_map.advance`; `top` follows kappa^2, table[i] is x.
template <int BITS>
__global__ void reduced(double *kappas, double *Ls, double *tops, long long *offsets, u32 replicas, u32 key0,
                        u32 key1, u32 group, u64 number, u64 count, const int *first,
                        const double *cumulative, const double *table)
{
    u32 replica = blockIdx.x * blockDim.x + threadIdx.x;
    if (replica >= replicas)
        return;
    Kappa kappa = {kappas[replica], (int)offsets[replica]};
    double L = Ls[replica], top = tops[replica], square = kappa.value * kappa.value;
    u32 inside = range(kappa.offset);
    draw<BITS>({first, cumulative}, {key0, key1, group, replica}, number, count, [&](int outcome) {
        double x = table[outcome], a = x * square, b = x * L;
        kappa.value = kappa.value * (1.0 - (b - x * a));
        L = L - a * (4.0 - b);
        if (((u32)__double2hiint(kappa.value) & 0x7fffffffu) - LOWEST >= inside) {
            kappa = shifted(kappa);
            inside = range(kappa.offset);
        }
        square = kappa.value * kappa.value;
        top = square > top ? square : top;  // no square with an offset is as large as that of a start
    });
    const double infinity = __hiloint2double(0x7ff00000, 0);
    bool diverged = !(L < 1e30);
    kappas[replica] = diverged ? 0.0 : kappa.value;
    Ls[replica] = diverged ? infinity : L;
    tops[replica] = diverged ? infinity : top;
    offsets[replica] = kappa.offset;
}
