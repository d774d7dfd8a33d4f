import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings.ClientIdStrategyEnum;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import jakarta.persistence.EntityManagerFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Properties;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.transaction.annotation.EnableTransactionManagement;

/**
 * Serves FHIR R4 from a database in memory, for the integration tests and on this machine only.
 *
 * <p>The one argument is the port; 0 takes a free one. The line "HAPI FHIR ready at BASE_URL" on the standard output
 * says that it answers. It ends when its standard input closes, so that it never outlives the tests that started it.
 */
public final class HapiServer {
    private static final String LOOPBACK = "127.0.0.1";

    private HapiServer() {}

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        endWithStandardInput();
        ApplicationContext beans = new AnnotationConfigApplicationContext(Beans.class);
        Server server = startedServer(new InetSocketAddress(LOOPBACK, port), restfulServer(beans));
        int boundPort = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        System.out.println("HAPI FHIR ready at http://" + LOOPBACK + ":" + boundPort + "/fhir");
        server.join();
    }

    private static void endWithStandardInput() {
        Thread watcher = new Thread(HapiServer::haltAtEndOfInput, "standard-input");
        watcher.setDaemon(true);
        watcher.start();
    }

    /** Halts without cleaning up: the database is in memory, there is nothing to keep. */
    private static void haltAtEndOfInput() {
        try {
            while (System.in.read() >= 0) {}
        } catch (IOException closed) {
            System.err.println("The standard input cannot be read, the server ends: " + closed);
        }
        Runtime.getRuntime().halt(0);
    }

    private static RestfulServer restfulServer(ApplicationContext beans) {
        RestfulServer restful = new RestfulServer(beans.getBean(FhirContext.class));
        ResourceProviderFactory resources = beans.getBean("myResourceProvidersR4", ResourceProviderFactory.class);
        restful.registerProviders(resources.createProviders());
        restful.registerProvider(beans.getBean("mySystemProviderR4"));
        restful.setPagingProvider(beans.getBean(DatabaseBackedPagingProvider.class));
        return restful;
    }

    private static Server startedServer(InetSocketAddress address, RestfulServer restful) throws Exception {
        ServletHolder holder = new ServletHolder(restful);
        holder.setInitOrder(0); // At start, not at the first request: "ready" must mean that it answers.
        ServletContextHandler root = new ServletContextHandler("/");
        root.addServlet(holder, "/fhir/*");
        Server server = new Server(address);
        server.setHandler(root);
        server.start();
        return server;
    }

    @Configuration
    @EnableTransactionManagement
    @Import({
        JpaR4Config.class,
        HapiJpaConfig.class,
        JpaBatch2Config.class,
        Batch2JobsConfig.class,
        ThreadPoolFactoryConfig.class,
        SubscriptionChannelConfig.class,
    })
    static class Beans {
        @Bean
        JpaStorageSettings storageSettings() {
            JpaStorageSettings settings = new JpaStorageSettings();
            settings.setResourceClientIdStrategy(ClientIdStrategyEnum.ANY); // Fixtures keep their ids, also "123".
            settings.setEnforceReferentialIntegrityOnWrite(false); // A fixture may name a practitioner not loaded.
            // CAUTION: by default the answer to an equal search is kept for a minute and hides what is loaded after it.
            settings.setReuseCachedSearchResultsForMillis(null);
            return settings;
        }

        @Bean
        SubscriptionSettings subscriptionSettings() {
            return new SubscriptionSettings();
        }

        @Bean
        PartitionSettings partitionSettings() {
            return new PartitionSettings();
        }

        @Bean
        DataSource dataSource() {
            BasicDataSource source = new BasicDataSource();
            source.setUrl("jdbc:h2:mem:hapi;DB_CLOSE_DELAY=-1");
            source.setMaxTotal(20);
            return source;
        }

        @Bean
        LocalContainerEntityManagerFactoryBean entityManagerFactory(
                ConfigurableListableBeanFactory beans,
                FhirContext fhirContext,
                JpaStorageSettings settings,
                DataSource dataSource) {
            LocalContainerEntityManagerFactoryBean factory =
                    HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhirContext, settings);
            factory.setPersistenceUnitName("HAPI_PU");
            factory.setDataSource(dataSource);
            factory.setJpaProperties(jpaProperties());
            return factory;
        }

        private static Properties jpaProperties() {
            Properties properties = new Properties();
            properties.setProperty("hibernate.dialect", HapiFhirH2Dialect.class.getName());
            properties.setProperty("hibernate.hbm2ddl.auto", "create");
            properties.setProperty("hibernate.search.enabled", "false");
            return properties;
        }

        @Bean
        @Primary
        JpaTransactionManager transactionManager(EntityManagerFactory factory) {
            return new JpaTransactionManager(factory);
        }
    }
}
