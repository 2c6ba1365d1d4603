// SPDX-License-Identifier: GPL-3.0-or-later

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>

#include "core/model/rotary_split_impl.h"

namespace gridscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Sizes of one call, and the table as plain numbers.
struct Geometry {
    std::int64_t batch, length, heads, width;
    std::int64_t half;    ///< rotated pairs of a head; 0 = none
    const float* cosine;  ///< [length, half]
    const float* sine;
    std::int64_t grain() const {  ///< heads worth a task of their own
        return std::max<std::int64_t>(32768 / std::max<std::int64_t>(length * width, 1), 1);
    }
};

/// out = in with its leading pairs (i, i + half) turned by the angles of one position.
template <class T>
void turn(const T* in, T* out, const float* cosine, const float* sine, const Geometry& g) {
    for (std::int64_t i = 0; i < g.half; ++i) {
        const T c = static_cast<T>(cosine[i]);
        const T s = static_cast<T>(sine[i]);
        const T first = in[i];
        const T second = in[i + g.half];
        out[i] = first * c - second * s;
        out[i + g.half] = second * c + first * s;
    }
    std::copy(in + 2 * g.half, in + g.width, out + 2 * g.half);
}

/// The transpose of `turn`, which is the turn by the opposite angles.
template <class T>
void turnBack(const T* in, T* out, const float* cosine, const float* sine, const Geometry& g) {
    for (std::int64_t i = 0; i < g.half; ++i) {
        const T c = static_cast<T>(cosine[i]);
        const T s = static_cast<T>(sine[i]);
        const T first = in[i];
        const T second = in[i + g.half];
        out[i] = first * c + second * s;
        out[i + g.half] = second * c - first * s;
    }
    std::copy(in + 2 * g.half, in + g.width, out + 2 * g.half);
}

/// Calls `work` with the offset of every head's triple in [batch, length, heads, 3 width], the
/// offset of its channels in [batch, heads, length, width], and the position.
template <class Work>
void forEachHead(const Geometry& g, const Work& work) {
    at::parallel_for(0, g.batch * g.heads, g.grain(), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t item = first; item < last; ++item) {
            const std::int64_t sample = item / g.heads;
            const std::int64_t head = item % g.heads;
            for (std::int64_t position = 0; position < g.length; ++position)
                work(((sample * g.length + position) * g.heads + head) * 3 * g.width,
                     (item * g.length + position) * g.width, position);
        }
    });
}

template <class T>
void split(const Geometry& g, const at::Tensor& qkv, const QueryKeyValue& out) {
    const T* from = qkv.const_data_ptr<T>();
    T* q = out.q.data_ptr<T>();
    T* k = out.k.data_ptr<T>();
    T* v = out.v.data_ptr<T>();
    forEachHead(g, [&](std::int64_t triple, std::int64_t channels, std::int64_t position) {
        const float* cosine = g.cosine + position * g.half;
        const float* sine = g.sine + position * g.half;
        turn(from + triple, q + channels, cosine, sine, g);
        turn(from + triple + g.width, k + channels, cosine, sine, g);
        std::copy_n(from + triple + 2 * g.width, g.width, v + channels);
    });
}

template <class T>
void join(const Geometry& g, const QueryKeyValue& gradients, const at::Tensor& into) {
    const T* q = gradients.q.const_data_ptr<T>();
    const T* k = gradients.k.const_data_ptr<T>();
    const T* v = gradients.v.const_data_ptr<T>();
    T* to = into.data_ptr<T>();
    forEachHead(g, [&](std::int64_t triple, std::int64_t channels, std::int64_t position) {
        const float* cosine = g.cosine + position * g.half;
        const float* sine = g.sine + position * g.half;
        turnBack(q + channels, to + triple, cosine, sine, g);
        turnBack(k + channels, to + triple + g.width, cosine, sine, g);
        std::copy_n(v + channels, g.width, to + triple + 2 * g.width);
    });
}

Geometry geometryOf(const at::Tensor& heads, const at::Tensor& cosine, const at::Tensor& sine) {
    const std::int64_t half = cosine.defined() ? cosine.size(-1) : 0;
    return {heads.size(0),
            heads.size(2),
            heads.size(1),
            heads.size(3),
            half,
            half == 0 ? nullptr : cosine.const_data_ptr<float>(),
            half == 0 ? nullptr : sine.const_data_ptr<float>()};
}

QueryKeyValue splitForward(const at::Tensor& qkv, const at::Tensor& cosine, const at::Tensor& sine,
                           std::int64_t heads) {
    const at::Tensor whole = qkv.contiguous();
    const std::array<std::int64_t, 4> shape{whole.size(0), heads, whole.size(1),
                                            whole.size(2) / (3 * heads)};
    const QueryKeyValue out{at::empty(shape, whole.options()), at::empty(shape, whole.options()),
                            at::empty(shape, whole.options())};
    const Geometry g = geometryOf(out.q, cosine, sine);
    AT_DISPATCH_FLOATING_TYPES(whole.scalar_type(), "splitAndRotate",
                               [&] { split<scalar_t>(g, whole, out); });
    return out;
}

class SplitAndRotate : public torch::autograd::Function<SplitAndRotate> {
public:
    static variable_list forward(AutogradContext* context, const at::Tensor& qkv,
                                 const at::Tensor& cosine, const at::Tensor& sine,
                                 std::int64_t heads) {
        context->save_for_backward({cosine, sine});
        const QueryKeyValue out = splitForward(qkv, cosine, sine, heads);
        return {out.q, out.k, out.v};
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list tables = context->get_saved_variables();
        const QueryKeyValue parts{gradients[0].contiguous(), gradients[1].contiguous(),
                                  gradients[2].contiguous()};
        const Geometry g = geometryOf(parts.q, tables[0], tables[1]);
        const at::Tensor into =
            at::empty({g.batch, g.length, g.heads * 3 * g.width}, parts.q.options());
        AT_DISPATCH_FLOATING_TYPES(into.scalar_type(), "splitAndRotate backward",
                                   [&] { join<scalar_t>(g, parts, into); });
        return {into, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

bool canSplitAndRotate(const ModelConfig& config, const RotaryTable& rotary,
                       const at::Tensor& qkv) {
    const bool floating = qkv.scalar_type() == at::kFloat || qkv.scalar_type() == at::kDouble;
    return qkv.is_cpu() && floating && config.rope.rotaryDimensions > 0 &&
           rotary.cosine.scalar_type() == at::kFloat && rotary.cosine.is_contiguous() &&
           rotary.sine.is_contiguous() && rotary.cosine.size(0) == qkv.size(1) &&
           2 * rotary.cosine.size(-1) <= config.headDimension;
}

QueryKeyValue splitAndRotate(const ModelConfig& config, const RotaryTable& rotary,
                             const at::Tensor& qkv) {
    if (!at::GradMode::is_enabled() || !qkv.requires_grad())
        return splitForward(qkv, rotary.cosine, rotary.sine, config.heads);
    const variable_list out = SplitAndRotate::apply(qkv, rotary.cosine, rotary.sine, config.heads);
    return {out[0], out[1], out[2]};
}

}  // namespace gridscope
