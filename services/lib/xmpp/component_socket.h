// Purpose: a TCP connection that gloox writes through and poll() watches: non-blocking, its output
//   gathered and written with one send().
// Lifetime: owned by the gloox::Component it serves. Threads: the network thread's.
#pragma once

#include <gloox/connectionbase.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace bourse::xmpp {

class ComponentSocket final : public gloox::ConnectionBase {
 public:
  ComponentSocket() : gloox::ConnectionBase(nullptr) {}
  ~ComponentSocket() override;

  // Resolves and connects, waiting up to `timeout`; kUnavailable says why not. `wake_fd` becoming readable
  // ends the wait.
  [[nodiscard]] base::Status open(const std::string& host, std::uint16_t port, base::Duration timeout, int wake_fd);

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool closing() const { return closing_; }  // gloox asked for the end
  [[nodiscard]] bool has_output() const { return written_ < output_.size(); }
  // The rest of the output when it has all been written; what is appended is written by flush().
  [[nodiscard]] std::string& output() { return output_; }
  [[nodiscard]] std::uint64_t bytes_written() const { return total_written_; }
  // One send(). False: the connection is broken; `why` is set.
  [[nodiscard]] bool flush(std::string& why);
  // One recv() of up to 64 KiB; empty and true: nothing there. False: closed or broken; `why` is set.
  [[nodiscard]] bool read(std::string_view& bytes, std::string& why);

  // gloox's side.
  gloox::ConnectionError connect() override;
  gloox::ConnectionError recv(int) override { return gloox::ConnNoError; }
  gloox::ConnectionError receive() override { return gloox::ConnNoError; }
  bool send(const std::string& data) override;
  void disconnect() override { closing_ = true; }
  void getStatistics(long& in, long& out) override;
  gloox::ConnectionBase* newInstance() const override { return new ComponentSocket(); }

  void deliver(const std::string& bytes) { m_handler->handleReceivedData(this, bytes); }

 private:
  void close();

  int fd_ = -1;
  bool closing_ = false;
  std::string output_;
  std::size_t written_ = 0;
  std::uint64_t total_written_ = 0;
  std::uint64_t total_read_ = 0;
  std::string input_;
};

}  // namespace bourse::xmpp
