//! Opens a connection.

guests::guest!("sockets", |_| {
    std::net::TcpStream::connect(("127.0.0.1", 9)).map_err(|e| guests::Error::Other(e.to_string()))?;
    Ok(Vec::new())
});
