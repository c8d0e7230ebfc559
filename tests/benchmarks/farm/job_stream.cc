#include "tests/benchmarks/farm/job_stream.h"

#include "tests/benchmarks/farm/fleet_board.h"
#include "weft/v1/envelope.pb.h"

namespace weft::bench {
namespace {

constexpr int kPatienceMs = 10'000;

void MakeDeflicker(v1::JobSpec& spec) {
  spec.set_kind(v1::JOB_KIND_DEFLICKER);
  spec.set_smoothing_mode(v1::SMOOTHING_MODE_FAST);
  spec.set_window(1);
}

void MakeRender(v1::JobSpec& spec) {
  spec.set_kind(v1::JOB_KIND_RENDER);
  spec.set_model_path("/bench/model");
  spec.set_steps(1);
  spec.set_guidance(1);
  spec.set_strength(1);
  spec.set_contrast(1);
  spec.set_sharpness(1);
  spec.set_anchor_spacing(1);
  spec.set_sampler(v1::SAMPLER_DDIM);
  spec.set_data_type(v1::DATA_TYPE_FLOAT32);
  spec.set_device("cpu");
  spec.set_micro_batch(1);
}

v1::ToCoordinator Submission(JobShape shape, std::uint64_t number) {
  v1::ToCoordinator message;
  v1::SubmitJob& submit = *message.mutable_submit_job();
  submit.set_client_token("weft-bench-" + std::to_string(number));
  v1::JobSpec& spec = *submit.mutable_spec();
  spec.set_input_path("/bench/in.mp4");
  spec.set_output_path("/bench/out.mp4");
  spec.set_chunk_frames(1);
  spec.set_seed(static_cast<std::uint64_t>(SteadyNanoseconds()));
  if (shape == JobShape::kDeflicker) {
    MakeDeflicker(spec);
  } else {
    MakeRender(spec);
    submit.mutable_terms()->set_wait_for_workers(true);  // Those with its device come later.
  }
  return message;
}

}  // namespace

JobStream::JobStream(const std::string& address,
                     const std::optional<CurveOptions>& curve,
                     JobShape shape)
    : shape_(shape), socket_(context_, zmq::socket_type::dealer) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::immediate, true);
  socket_.set(zmq::sockopt::reconnect_ivl, 5);
  socket_.set(zmq::sockopt::sndtimeo, kPatienceMs);
  if (curve.has_value()) {
    socket_.set(zmq::sockopt::curve_publickey, curve->keys.public_half);
    socket_.set(zmq::sockopt::curve_secretkey, curve->keys.secret_half);
    socket_.set(zmq::sockopt::curve_serverkey, curve->server);
  }
  socket_.connect(address);
}

Status JobStream::Submit() {
  const std::string bytes = Submission(shape_, submitted_).SerializeAsString();
  if (!socket_.send(zmq::buffer(bytes), zmq::send_flags::none)) {
    return Failure(ErrorCode::kUnavailable, "the coordinator takes no jobs");
  }
  ++submitted_;
  return {};
}

Status JobStream::Listen(int timeout_ms) {
  zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
  zmq::poll(&item, 1, std::chrono::milliseconds(timeout_ms));
  zmq::message_t frame;
  while (socket_.recv(frame, zmq::recv_flags::dontwait)) {
    v1::FromCoordinator message;
    if (message.ParseFromArray(frame.data(), static_cast<int>(frame.size())) &&
        message.has_job_submitted()) {
      ++accepted_;
    } else if (message.has_request_refused()) {
      return Failure(ErrorCode::kInternal, "the coordinator refused a job: " +
                                               message.request_refused().error().message());
    }
  }
  return {};
}

}  // namespace weft::bench
