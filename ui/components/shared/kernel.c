// The operations of a packed network (docs/plane-format.md) in WebAssembly, four numbers at a time. `make wasm` builds it.
// Images lie row by row, the channels of a pixel side by side. Buffers are padded to four numbers, so that operations on
// each number by itself may go a little too far.

#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) void name
#define INLINE static inline __attribute__((always_inline))
#define AT_ONCE 4 // pixels that share each load of weights
#define PART 128

#define UNROLLED _Pragma("clang loop unroll(full)") for // what it runs over stays in registers

typedef v128_t Four;

INLINE Four load(const float *at) { return wasm_v128_load(at); }
INLINE void store(float *at, Four four) { wasm_v128_store(at, four); }
INLINE Four all(float value) { return wasm_f32x4_splat(value); }
INLINE Four plus(Four a, Four b) { return wasm_f32x4_add(a, b); }
INLINE Four minus(Four a, Four b) { return wasm_f32x4_sub(a, b); }
INLINE Four times(Four a, Four b) { return wasm_f32x4_mul(a, b); }
INLINE Four ratio(Four a, Four b) { return wasm_f32x4_div(a, b); }
INLINE Four most(Four a, Four b) { return wasm_f32x4_max(a, b); }
INLINE Four least(Four a, Four b) { return wasm_f32x4_min(a, b); }
INLINE Four either(Four which, Four yes, Four no) { return wasm_v128_bitselect(yes, no, which); }

// A convolution, for all windows that begin at fixed distances. A window is `taps` runs of `run` numbers.
typedef struct {
  const float *weights, *bias;
  int taps, run, tap_apart, column_apart, column_out, wanted;
} Window;

INLINE void keep(float *to, const Four *sums, int vectors, int wanted) {
  if (wanted >= 4 * vectors) {
    UNROLLED (int v = 0; v < vectors; v++) store(to + 4 * v, sums[v]);
  } else {
    float parts[8];
    UNROLLED (int v = 0; v < vectors; v++) store(parts + 4 * v, sums[v]);
    for (int i = 0; i < wanted; i++) to[i] = parts[i];
  }
}

// `pixels` neighbours in a row, 4 * `vectors` filters: all sums stay in registers.
INLINE void sum_filters(const Window *w, const float *from, float *to, int pixels, int vectors) {
  Four sums[AT_ONCE][2];
  UNROLLED (int p = 0; p < pixels; p++)
    UNROLLED (int v = 0; v < vectors; v++) sums[p][v] = load(w->bias + 4 * v);
  const float *weights = w->weights;
  const int apart = w->column_apart, run = w->run;
  for (int tap = 0; tap < w->taps; tap++, from += w->tap_apart)
    for (int i = 0; i < run; i++, weights += 4 * vectors)
      UNROLLED (int p = 0; p < pixels; p++) {
        const Four value = wasm_v128_load32_splat(from + i + p * apart);
        UNROLLED (int v = 0; v < vectors; v++) sums[p][v] = plus(sums[p][v], times(value, load(weights + 4 * v)));
      }
  UNROLLED (int p = 0; p < pixels; p++) keep(to + p * w->column_out, sums[p], vectors, w->wanted);
}

// The same for a pixel alone, as in dense layers. Those add up very many numbers: in parts, so that the digits stay.
INLINE void sum_alone(const Window *w, const float *from, float *to, int vectors) {
  Four sums[2];
  UNROLLED (int v = 0; v < vectors; v++) sums[v] = load(w->bias + 4 * v);
  const float *weights = w->weights;
  for (int tap = 0; tap < w->taps; tap++, from += w->tap_apart)
    for (int start = 0; start < w->run; start += PART) {
      const int end = start + PART < w->run ? start + PART : w->run;
      Four parts[2] = {all(0), all(0)};
      for (int i = start; i < end; i++, weights += 4 * vectors) {
        const Four value = wasm_v128_load32_splat(from + i);
        UNROLLED (int v = 0; v < vectors; v++) parts[v] = plus(parts[v], times(value, load(weights + 4 * v)));
      }
      UNROLLED (int v = 0; v < vectors; v++) sums[v] = plus(sums[v], parts[v]);
    }
  keep(to, sums, vectors, w->wanted);
}

// The same for one filter: four numbers of the run at a time.
INLINE void sum_one(const Window *w, const float *from, float *to, int pixels) {
  Four sums[AT_ONCE];
  UNROLLED (int p = 0; p < pixels; p++) sums[p] = wasm_f32x4_make(*w->bias, 0, 0, 0);
  const float *weights = w->weights;
  const int apart = w->column_apart, run = w->run;
  for (int tap = 0; tap < w->taps; tap++, from += w->tap_apart) {
    int i = 0;
    for (; i + 4 <= run; i += 4, weights += 4)
      UNROLLED (int p = 0; p < pixels; p++) sums[p] = plus(sums[p], times(load(from + i + p * apart), load(weights)));
    for (; i < run; i++, weights++)
      UNROLLED (int p = 0; p < pixels; p++)
        sums[p] = plus(sums[p], times(wasm_v128_load32_zero(from + i + p * apart), wasm_v128_load32_zero(weights)));
  }
  UNROLLED (int p = 0; p < pixels; p++, to += w->column_out) {
    const Four pairs = plus(sums[p], wasm_i32x4_shuffle(sums[p], sums[p], 2, 3, 0, 1));
    *to = wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
  }
}

INLINE void sum(const Window *w, const float *from, float *to, int pixels, int lanes) {
  if (lanes == 1) sum_one(w, from, to, pixels);
  else if (pixels == 1) sum_alone(w, from, to, lanes / 4);
  else sum_filters(w, from, to, pixels, lanes / 4);
}

// Groups of pixels along every row; the last group of a row reaches back where it would not be full.
INLINE void sum_rows(const Window *w, const float *from, float *to, int rows, int columns, int row_apart, int row_out, int lanes) {
  for (int row = 0; row < rows; row++, from += row_apart, to += row_out)
    if (columns < AT_ONCE)
      for (int x = 0; x < columns; x++) sum(w, from + x * w->column_apart, to + x * w->column_out, 1, lanes);
    else
      for (int x = 0; x < columns; x += AT_ONCE) {
        const int start = x + AT_ONCE <= columns ? x : columns - AT_ONCE;
        sum(w, from + start * w->column_apart, to + start * w->column_out, AT_ONCE, lanes);
      }
}

EXPORT(convolve)(
  const float *from, float *to, const float *kernel, const float *bias, int rows, int columns, int row_apart, int column_apart,
  int taps, int run, int tap_apart, int row_out, int column_out, int filters, int lanes
) {
  for (int first = 0; first < filters; first += lanes) {
    const Window w = {kernel + first * taps * run, bias + first, taps, run, tap_apart, column_apart, column_out, filters - first};
    if (lanes == 8) sum_rows(&w, from, to + first, rows, columns, row_apart, row_out, 8);
    else if (lanes == 4) sum_rows(&w, from, to + first, rows, columns, row_apart, row_out, 4);
    else sum_rows(&w, from, to + first, rows, columns, row_apart, row_out, 1);
  }
}

INLINE void copy(float *to, const float *from, int count) { __builtin_memcpy(to, from, 4 * count); }

INLINE float *repeat(float *to, const float *pixel, int channels, int times) {
  for (int i = 0; i < times; i++, to += channels) copy(to, pixel, channels);
  return to;
}

INLINE int between(int low, int value, int high) { return value < low ? low : value > high ? high : value; }

// A window onto an image that begins `top` rows below its first; `outside` is the pixel around the image.
EXPORT(frame)(
  const float *from, float *to, const float *outside, int height, int width, int channels, int rows, int columns, int top, int left
) {
  const int before = between(0, -left, columns), after = between(0, left + columns - width, columns);
  const int inside = columns - before - after;
  for (int row = top; row < top + rows; row++) {
    if (row < 0 || row >= height) {
      to = repeat(to, outside, channels, columns);
      continue;
    }
    to = repeat(to, outside, channels, before);
    copy(to, from + (row * width + left + before) * channels, inside * channels);
    to = repeat(to + inside * channels, outside, channels, after);
  }
}

// Every pixel `size` times in both directions.
EXPORT(enlarge)(const float *from, float *to, int height, int width, int channels, int size) {
  const int row = width * size * channels;
  for (int y = 0; y < height; y++) {
    const float *first = to;
    for (int x = 0; x < width; x++, from += channels) to = repeat(to, from, channels, size);
    for (int i = 1; i < size; i++, to += row) copy(to, first, row);
  }
}

INLINE Four pooled(const float *from, int size, int row, int channels, int average) {
  Four found = all(average ? 0 : -__builtin_inff());
  for (int y = 0; y < size; y++)
    for (int x = 0; x < size; x++) {
      const Four value = load(from + y * row + x * channels);
      found = average ? plus(found, value) : most(found, value);
    }
  return average ? ratio(found, all(size * size)) : found;
}

// Whole windows only. The last group of channels reads beyond the pixel, and stores only what belongs to it.
EXPORT(pool)(const float *from, float *to, int height, int width, int channels, int size, int average) {
  for (int y = 0; y + size <= height; y += size)
    for (int x = 0; x + size <= width; x += size, to += channels)
      for (int c = 0; c < channels; c += 4) {
        float parts[4];
        store(parts, pooled(from + (y * width + x) * channels + c, size, width * channels, channels, average));
        copy(to + c, parts, channels - c < 4 ? channels - c : 4);
      }
}

EXPORT(add)(const float *one, const float *other, float *to, int count) {
  for (int i = 0; i < count; i += 4) store(to + i, plus(load(one + i), load(other + i)));
}

EXPORT(affine)(const float *from, float *to, const float *scale, const float *shift, int pixels, int channels) {
  for (int pixel = 0; pixel < pixels; pixel++, from += channels, to += channels) {
    int c = 0;
    for (; c + 4 <= channels; c += 4) store(to + c, plus(times(load(from + c), load(scale + c)), load(shift + c)));
    for (; c < channels; c++) to[c] = from[c] * scale[c] + shift[c];
  }
}

// The numbers of each pixel, less their mean, as shares of their standard deviation.
EXPORT(normalize)(const float *from, float *to, const float *epsilon, int pixels, int channels) {
  for (int pixel = 0; pixel < pixels; pixel++, from += channels, to += channels) {
    double sum = 0, squares = 0;
    for (int c = 0; c < channels; c++) sum += from[c];
    const float mean = sum / channels;
    for (int c = 0; c < channels; c++) squares += (from[c] - mean) * (from[c] - mean);
    const float scale = 1 / __builtin_sqrt(squares / channels + *epsilon);
    for (int c = 0; c < channels; c++) to[c] = (from[c] - mean) * scale;
  }
}

// e^x to 1e-7 of its value: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes).
INLINE Four exponential(Four x) {
  x = least(most(x, all(-87)), all(88));
  const Four n = wasm_f32x4_nearest(times(x, all(1.44269504f)));
  const Four r = plus(minus(x, times(n, all(0.693359375f))), times(n, all(2.12194440e-4f)));
  const float terms[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f, 1, 1};
  Four sum = all(1.9875691500e-4f);
  for (int i = 0; i < 7; i++) sum = plus(times(sum, r), all(terms[i]));
  return times(sum, wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(n), wasm_i32x4_splat(127)), 23));
}

INLINE Four sigmoid(Four x) { return ratio(all(1), plus(all(1), exponential(wasm_f32x4_neg(x)))); }

// Half the complementary error function of x >= 0, to 1.2e-7 of its value (Numerical Recipes).
INLINE Four rest(Four x) {
  const Four t = ratio(all(1), plus(all(1), times(x, all(0.5f))));
  const float terms[] = {-0.82215223f, 1.48851587f,  -1.13520398f, 0.27886807f, -0.18628806f,
                         0.09678418f,  0.37409196f, 1.00002368f,  -1.26551223f};
  Four sum = all(0.17087277f);
  for (int i = 0; i < 9; i++) sum = plus(times(sum, t), all(terms[i]));
  return times(times(t, all(0.5f)), exponential(minus(sum, times(x, x))));
}

INLINE Four gelu(Four x) {
  const Four tail = rest(times(wasm_f32x4_abs(x), all(0.70710678f)));
  return times(x, either(wasm_f32x4_lt(x, all(0)), tail, minus(all(1), tail)));
}

INLINE Four elu(Four x) { return either(wasm_f32x4_gt(x, all(0)), x, minus(exponential(x), all(1))); }

// x less the nearest multiple of pi, which is taken off in three parts so that the digits stay, and then Taylor's series.
INLINE Four sine(Four x) {
  const Four n = wasm_f32x4_nearest(times(x, all(0.318309886f)));
  const Four near = minus(minus(x, times(n, all(3.140625f))), times(n, all(9.67502594e-4f)));
  const Four r = minus(near, times(n, all(1.50995799e-7f))), square = times(r, r);
  const float terms[] = {2.75573192e-6f, -1.98412698e-4f, 8.33333333e-3f, -0.166666667f, 1};
  Four sum = all(-2.50521084e-8f);
  for (int i = 0; i < 5; i++) sum = plus(times(sum, square), all(terms[i]));
  return wasm_v128_xor(times(r, sum), wasm_i32x4_shl(wasm_i32x4_trunc_sat_f32x4(n), 31));
}

#define EACH(expression)                \
  for (int i = 0; i < count; i += 4) {  \
    const Four x = load(from + i);      \
    store(to + i, expression);          \
  }                                     \
  break

// In the order of FUNCTIONS in vae_core/look/program/operations.py; a program names them by their numbers.
enum { RELU, SIGMOID, TANH, GELU, ELU, SILU, LEAKY_RELU, RELU6, SIN };

EXPORT(activate)(const float *from, float *to, int count, int kind) {
  switch (kind) {
    case RELU: EACH(most(x, all(0)));
    case SIGMOID: EACH(sigmoid(x));
    case TANH: EACH(minus(times(all(2), sigmoid(times(all(2), x))), all(1)));
    case GELU: EACH(gelu(x));
    case ELU: EACH(elu(x));
    case SILU: EACH(times(x, sigmoid(x)));
    case LEAKY_RELU: EACH(most(x, times(all(0.2f), x)));
    case RELU6: EACH(least(most(x, all(0)), all(6)));
    case SIN: EACH(sine(x));
  }
}
