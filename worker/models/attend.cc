#include "worker/models/attend.h"

#include <algorithm>
#include <cmath>

#include "worker/models/narrow_attention.h"

namespace weft::models {
namespace {

// Scores of one run on a CPU stay in its second-level cache; on a device, a run may take 1 GiB.
constexpr std::int64_t kCpuRunScores = std::int64_t{1} << 18U;
constexpr std::int64_t kDeviceRunScores = std::int64_t{1} << 28U;
constexpr std::int64_t kCpuRunMin = 32;

// Head by head: scores never leave the cache, and a BLAS reads and writes the heads where they lie.
at::Tensor AttendOnCpu(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads) {
  const std::int64_t width = q.size(1) / heads;
  const std::int64_t keys = k.size(0);
  const std::int64_t run = std::max(kCpuRunMin, kCpuRunScores / keys);
  at::Tensor out = at::empty(q.sizes(), q.options());
  at::Tensor scores = at::empty({std::min(run, q.size(0)), keys}, q.options());
  at::Tensor shares = at::empty_like(scores);
  for (std::int64_t head = 0; head < heads; ++head) {
    const at::Tensor keys_t = k.narrow(1, head * width, width).t();
    const at::Tensor values = v.narrow(1, head * width, width);
    for (std::int64_t begin = 0; begin < q.size(0); begin += run) {
      const std::int64_t count = std::min(run, q.size(0) - begin);
      at::Tensor run_scores = scores.narrow(0, 0, count);
      at::Tensor run_shares = shares.narrow(0, 0, count);
      at::Tensor run_out = out.narrow(0, begin, count).narrow(1, head * width, width);
      at::mm_out(run_scores, q.narrow(0, begin, count).narrow(1, head * width, width), keys_t);
      at::_softmax_out(run_shares, run_scores, -1, /*half_to_float=*/false);
      at::mm_out(run_out, run_shares, values);
    }
  }
  return out;
}

// One head of `x`: [tokens, heads * width], float32.
HeadRows RowsOf(const at::Tensor& x, std::int64_t head, std::int64_t width) {
  return {x.data_ptr<float>() + head * width, x.stride(0), x.size(0)};
}

at::Tensor AttendNarrowly(const at::Tensor& q,
                          const at::Tensor& k,
                          const at::Tensor& v,
                          int heads) {
  const std::int64_t width = q.size(1) / heads;
  at::Tensor out = at::empty(q.sizes(), q.options());
  for (std::int64_t head = 0; head < heads; ++head) {
    AttendNarrow(RowsOf(q, head, width), RowsOf(k, head, width), RowsOf(v, head, width), width,
                 out.data_ptr<float>() + head * width);
  }
  return out;
}

// [tokens, heads * width] as [heads, tokens, width].
at::Tensor ByHead(const at::Tensor& x, int heads) {
  return x.view({x.size(0), heads, x.size(1) / heads}).transpose(0, 1);
}

at::Tensor AttendOnDevice(const at::Tensor& q,
                          const at::Tensor& k,
                          const at::Tensor& v,
                          int heads) {
  const at::Tensor queries = ByHead(q, heads);
  const at::Tensor keys = ByHead(k, heads).transpose(1, 2);
  const at::Tensor values = ByHead(v, heads);
  const std::int64_t run = std::max<std::int64_t>(1, kDeviceRunScores / (heads * k.size(0)));
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < q.size(0); begin += run) {
    const std::int64_t count = std::min(run, q.size(0) - begin);
    parts.push_back(
        at::bmm(at::softmax(at::bmm(queries.narrow(1, begin, count), keys), -1), values));
  }
  const at::Tensor all = parts.size() == 1 ? parts.front() : at::cat(parts, 1);
  return all.transpose(0, 1).reshape(q.sizes());
}

}  // namespace

at::Tensor Attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int heads) {
  const at::Tensor scaled = q.mul(1.0 / std::sqrt(static_cast<double>(q.size(1) / heads)));
  if (!q.is_cpu()) {
    return AttendOnDevice(scaled, k, v, heads);
  }
  if (q.scalar_type() == at::kFloat && IsNarrow(q.size(1) / heads)) {
    return AttendNarrowly(scaled, k, v, heads);
  }
  return AttendOnCpu(scaled, k, v, heads);
}

}  // namespace weft::models
