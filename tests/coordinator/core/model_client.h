// A client that submits one job and asks on until it knows how the job ended, and that its result
// is dropped, where it wants that.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/transport.h"
#include "weft/v1/envelope.pb.h"

namespace weft::coordinator {

class ModelClient {
 public:
  ModelClient(std::string token, v1::JobSpec spec, v1::JobTerms terms = {})
      : token_(std::move(token)), spec_(std::move(spec)), terms_(std::move(terms)) {}

  [[nodiscard]] PeerId Peer() const { return {"client of " + token_}; }
  [[nodiscard]] const std::string& Job() const { return job_; }
  // How the job ended, once it did.
  [[nodiscard]] const std::optional<v1::JobStatus>& end() const { return end_; }
  [[nodiscard]] const std::string& Complaint() const { return complaint_; }

  void Cancel() { cancels_ = true; }
  // Wants the job's result dropped once it is done.
  void DropResult() { drops_ = true; }
  // Wants the job forgotten once it has ended.
  void Forget() { forgets_ = true; }
  // There is nothing left that it wants.
  [[nodiscard]] bool IsContent() const {
    return end_.has_value() && !WantsDrop() && !WantsForgetting();
  }
  // Wants the job paused, or not any more.
  void Pause(bool pauses) {
    pauses_ = pauses;
    may_be_refused_ = true;
  }

  // Every two seconds or so.
  [[nodiscard]] std::vector<v1::ToCoordinator> Live() {
    v1::ToCoordinator message;
    if (IsContent()) {
      return {};
    }
    if (WantsDrop()) {
      message.mutable_drop_result()->set_job(job_);
      asked_ = true;
    } else if (WantsForgetting()) {
      message.mutable_forget_job()->set_job(job_);
      may_be_refused_ = true;  // Earlier questions may arrive after it.
    } else if (job_.empty()) {
      message.mutable_submit_job()->set_client_token(token_);
      *message.mutable_submit_job()->mutable_spec() = spec_;
      *message.mutable_submit_job()->mutable_terms() = terms_;
    } else if (cancels_) {
      message.mutable_cancel_job()->set_job(job_);
    } else if (pauses_ && !paused_) {
      message.mutable_pause_job()->set_job(job_);
    } else if (paused_ && !pauses_) {
      message.mutable_resume_job()->set_job(job_);
    } else {
      message.mutable_watch_job()->set_job(job_);
    }
    return {message};
  }

  void Hear(const v1::FromCoordinator& message) {
    if (message.has_job_submitted()) {
      if (!job_.empty() && job_ != message.job_submitted().job()) {
        complaint_ = "one token made two jobs";
      }
      job_ = message.job_submitted().job();
    } else if (message.has_job_forgotten()) {
      forgotten_ = true;
    } else if (message.has_request_refused() && asked_) {
      dropped_ = true;  // None is kept.
    } else if (message.has_request_refused() && may_be_refused_) {
      pauses_ = paused_ = false;  // The job has ended meanwhile.
    } else if (message.has_request_refused()) {
      complaint_ = message.request_refused().error().message();
    } else if (message.has_job_status() && !HasEnded(message.job_status().state())) {
      paused_ = message.job_status().state() == v1::JOB_STATE_PAUSED;
    } else if (message.has_job_status() && HasEnded(message.job_status().state())) {
      Know(message.job_status());
    }
  }

 private:
  static bool HasEnded(v1::JobState state) {
    return state == v1::JOB_STATE_DONE || state == v1::JOB_STATE_FAILED ||
           state == v1::JOB_STATE_CANCELLED;
  }

  [[nodiscard]] bool WantsDrop() const {
    return drops_ && !dropped_ && end_.has_value() && end_->state() == v1::JOB_STATE_DONE;
  }

  [[nodiscard]] bool WantsForgetting() const {
    return forgets_ && !forgotten_ && end_.has_value() && !WantsDrop();
  }

  void Know(const v1::JobStatus& status) {
    dropped_ = dropped_ || (WantsDrop() && asked_);
    if (end_.has_value() && end_->state() != status.state()) {
      complaint_ = "a job ended in two ways";
    }
    end_ = status;
  }

  std::string token_;
  v1::JobSpec spec_;
  v1::JobTerms terms_;
  std::string job_;
  bool cancels_ = false;
  bool pauses_ = false;
  bool may_be_refused_ = false;  // It has asked for what an ended job refuses.
  bool drops_ = false;
  bool asked_ = false;    // For that.
  bool dropped_ = false;  // As far as it knows.
  bool forgets_ = false;
  bool forgotten_ = false;  // As far as it knows.
  bool paused_ = false;     // As far as it knows.
  std::optional<v1::JobStatus> end_;
  std::string complaint_;
};

}  // namespace weft::coordinator
